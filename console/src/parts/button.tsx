/** Buttons. One primary action on a page; the rest are quiet. */
import { LoaderCircle } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { Link } from 'react-router'

type Look = 'primary' | 'plain' | 'quiet' | 'danger'

const LOOKS: Readonly<Record<Look, string>> = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-strong border-transparent',
  plain: 'bg-raised text-ink border-line-strong hover:border-ink-3 hover:bg-panel',
  quiet: 'bg-transparent text-ink-2 border-transparent hover:bg-sunken hover:text-ink',
  danger: 'bg-transparent text-danger border-danger/50 hover:bg-danger-soft hover:border-danger',
}

const classOf = (look: Look, small: boolean, extra: string): string =>
  `inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors disabled:opacity-50 disabled:pointer-events-none ${small ? 'min-h-8 px-2.5 text-[0.929rem]' : 'min-h-9 px-3.5'} ${LOOKS[look]} ${extra}`

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look
  readonly small?: boolean
  /** Turns, and cannot be pressed. */
  readonly busy?: boolean
  readonly icon?: ReactNode
}

export function Button({ look = 'plain', small = false, busy, icon, className, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} disabled={busy || rest.disabled} className={classOf(look, small, className ?? '')}>
      {busy ? <LoaderCircle size={16} className="animate-spin" aria-hidden="true" /> : icon}
      {children}
    </button>
  )
}

/** A link that looks like a button. */
export function LinkButton(props: { to: string; look?: Look; small?: boolean; icon?: ReactNode; children: ReactNode }) {
  const { to, look = 'plain', small = false, icon, children } = props
  return (
    <Link to={to} className={classOf(look, small, '')}>
      {icon}
      {children}
    </Link>
  )
}

/** A button that is only an icon; `label` is what it does. */
export function IconButton({ label, children, className = '', ...rest }: { label: string } & ButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-sunken hover:text-ink disabled:opacity-50 ${className}`}
    >
      {children}
    </button>
  )
}
