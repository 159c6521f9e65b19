/** Copies a text to the clipboard. */
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { toast } from './toasts.tsx'

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    } catch {
      toast.failed('The browser does not let pages of this address write to the clipboard.')
    }
  }
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={copied ? 'Copied' : label}
      title={label}
      className="inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-3 hover:bg-sunken hover:text-ink"
    >
      {copied ? <Check size={15} className="text-accent" aria-hidden="true" /> : <Copy size={15} aria-hidden="true" />}
    </button>
  )
}

/** A value in type of its own, with its copy button. */
export function CopyText({ text }: { text: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code className="min-w-0 truncate" title={text}>
        {text}
      </code>
      <CopyButton text={text} />
    </span>
  )
}
