/** The frame around all pages: navigation at the side (at the bottom of a phone), a bar above, the page. */
import { useIsFetching } from '@tanstack/react-query'
import { Keyboard, LogOut, Menu, Monitor, Moon, Pause, Play, Search, Sun, X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useCallback, useEffect, useState } from 'react'
import { Outlet, useLocation } from 'react-router'
import { useGet } from '../api/queries.ts'
import { IconButton } from '../parts/button.tsx'
import { ActionMenu } from '../parts/menu.tsx'
import { useSession } from '../session/session.ts'
import { KeysDialog } from './keys-dialog.tsx'
import { setLive, useLive } from './live.ts'
import { PhoneBar, SideNav } from './nav.tsx'
import { Palette } from './palette.tsx'
import { useShortcuts } from './shortcuts.ts'
import { useTheme } from './theme.ts'
import { useVhost, useVhostNames } from './vhost.ts'

export function Layout() {
  const [dialog, setDialog] = useState<'palette' | 'keys' | 'nav' | null>(null)
  const open = useCallback((what: 'palette' | 'keys' | 'nav') => setDialog(what), [])
  const close = (): void => setDialog(null)
  const { pathname } = useLocation()
  useShortcuts(open)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page starts at its top, with the drawer shut
  useEffect(() => {
    setDialog(null)
    scrollTo(0, 0)
  }, [pathname])
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="fixed top-2 left-2 z-80 -translate-y-20 rounded-md bg-accent px-4 py-2 font-medium text-accent-ink focus:translate-y-0"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 hidden h-dvh overflow-y-auto border-r border-line bg-panel md:block">
        <SideNav />
      </aside>
      <div className="flex min-w-0 flex-col pb-16 md:pb-0">
        <TopBar onOpen={open} />
        <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
          <Outlet />
        </main>
      </div>
      <PhoneBar onMore={() => setDialog('nav')} />
      <Drawer open={dialog === 'nav'} onClose={close} />
      <Palette open={dialog === 'palette'} onClose={close} />
      <KeysDialog open={dialog === 'keys'} onClose={close} />
    </div>
  )
}

function TopBar({ onOpen }: { onOpen: (what: 'palette' | 'keys' | 'nav') => void }) {
  const { data, error } = useGet<{ name: string }>('/cluster-name', {}, { poll: true })
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-paper/92 backdrop-blur-sm">
      {error !== null && (error as { status?: number }).status === 0 && (
        <p role="alert" className="bg-danger-soft px-4 py-1.5 text-center font-medium text-danger">
          The broker does not answer. What you see is the last it said; the console keeps asking.
        </p>
      )}
      <div className="flex h-13 items-center gap-2 px-3 md:px-8">
        <IconButton label="Navigation" className="md:hidden" onClick={() => onOpen('nav')}>
          <Menu size={19} aria-hidden="true" />
        </IconButton>
        <VhostSwitcher />
        <span className="hidden min-w-0 truncate text-ink-3 lg:inline">{data?.name}</span>
        <button
          type="button"
          onClick={() => onOpen('palette')}
          aria-label="Go to any page or object"
          aria-keyshortcuts="Control+K Meta+K"
          className="ml-auto flex h-8 items-center gap-2 rounded-md border border-line-strong bg-raised px-2.5 text-ink-3 hover:border-ink-3 hover:text-ink"
        >
          <Search size={15} aria-hidden="true" />
          <span className="hidden sm:inline">Go to…</span>
          <kbd className="hidden text-[0.786rem] sm:inline">Ctrl K</kbd>
        </button>
        <LiveSwitch />
        <UserMenu onKeys={() => onOpen('keys')} />
      </div>
    </header>
  )
}

function VhostSwitcher() {
  const [vhost, setVhost] = useVhost()
  const names = useVhostNames()
  const choices = vhost !== null && !names.includes(vhost) ? [...names, vhost] : names
  return (
    <label className="flex min-w-0 items-center gap-1.5">
      <span className="plate max-sm:sr-only">vhost</span>
      <select
        className="h-8 max-w-40 min-w-0 rounded-md border border-line-strong bg-raised px-2 font-medium text-ink"
        value={vhost ?? ''}
        onChange={(event) => setVhost(event.target.value === '' ? null : event.target.value)}
      >
        <option value="">All</option>
        {choices.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function LiveSwitch() {
  const { live } = useLive()
  const fetching = useIsFetching() > 0
  return (
    <button
      type="button"
      onClick={() => setLive(!live)}
      aria-pressed={live}
      title={live ? 'Asks again every 5 seconds. Click to pause.' : 'Paused. Click to go on.'}
      className="flex h-8 items-center gap-2 rounded-md border border-line-strong bg-raised px-2.5 font-medium hover:border-ink-3"
    >
      <span
        aria-hidden="true"
        className={`size-2 rounded-full transition-shadow duration-700 ${live ? `bg-accent ${fetching ? 'shadow-[0_0_0_4px_var(--accent-soft)]' : ''}` : 'bg-warn'}`}
      />
      <span className="max-sm:sr-only">{live ? 'Live' : 'Paused'}</span>
      {live ? <Pause size={13} className="text-ink-3" aria-hidden="true" /> : <Play size={13} aria-hidden="true" />}
    </button>
  )
}

function UserMenu({ onKeys }: { onKeys: () => void }) {
  const { user, logout } = useSession()
  const { choice, choose } = useTheme()
  const mark = (value: string): string => (choice === value ? ' ✓' : '')
  return (
    <ActionMenu
      label="You and this console"
      trigger={
        <button
          type="button"
          aria-label={`${user.name}: theme, keys, log out`}
          className="grid size-8 place-items-center rounded-full bg-accent font-semibold text-accent-ink uppercase"
        >
          {user.name.slice(0, 1)}
        </button>
      }
      actions={[
        { title: `Light${mark('light')}`, icon: <Sun size={15} />, onSelect: () => choose('light') },
        { title: `Dark${mark('dark')}`, icon: <Moon size={15} />, onSelect: () => choose('dark') },
        { title: `As the system${mark('system')}`, icon: <Monitor size={15} />, onSelect: () => choose('system') },
        { title: 'Keys', icon: <Keyboard size={15} />, onSelect: onKeys },
        { title: `Log out ${user.name}`, icon: <LogOut size={15} />, onSelect: logout },
      ]}
    />
  )
}

function Drawer({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-[rgb(8_14_11/0.5)]" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 w-72 max-w-[86vw] overflow-y-auto border-r border-line bg-panel shadow-pop outline-none"
        >
          <Dialog.Title className="sr-only">Navigation</Dialog.Title>
          <Dialog.Close aria-label="Close" className="absolute top-4 right-3 z-1 rounded-md p-1 text-ink-2">
            <X size={18} aria-hidden="true" />
          </Dialog.Close>
          <SideNav />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
