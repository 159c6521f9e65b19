/** The command palette: any page, and any object by a part of its name. */
import { useQuery } from '@tanstack/react-query'
import { CornerDownLeft, Search } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { api } from '../api/client.ts'
import { type ObjectKind, pageOf } from '../links.ts'
import { KindPlate } from '../parts/badge.tsx'
import { sections } from '../sections.ts'
import { hasRole, useSession } from '../session/session.ts'

interface Entry {
  readonly key: string
  readonly title: string
  readonly note: string
  readonly to: string
  readonly kind?: string
}

interface Found {
  readonly name: string
  readonly vhost?: string
}

const SEARCHED: readonly (readonly [ObjectKind, string])[] = [
  ['queue', '/queues'],
  ['exchange', '/exchanges'],
  ['topic', '/topics'],
  ['group', '/groups'],
  ['connection', '/connections'],
]
const PER_KIND = 6

/** Objects whose names hold the word, a few of each kind; kinds that cannot be asked are left out. */
async function findObjects(word: string, signal: AbortSignal): Promise<Entry[]> {
  const answers = await Promise.allSettled(
    SEARCHED.map(([, path]) =>
      api.get<{ items: Found[] } | Found[]>(
        path,
        { name: word, page: 1, page_size: PER_KIND, columns: 'name,vhost', disable_stats: true },
        signal,
      ),
    ),
  )
  return answers.flatMap((answer, i) => {
    if (answer.status === 'rejected') return []
    const [kind] = SEARCHED[i]
    const all = Array.isArray(answer.value)
      ? answer.value.filter(({ name }) => name.includes(word))
      : answer.value.items
    return all.slice(0, PER_KIND).map(({ name, vhost = '/' }) => ({
      key: `${kind} ${vhost} ${name}`,
      title: name === '' ? '(default exchange)' : name,
      note: kind === 'connection' ? 'connection' : `${kind} in ${vhost}`,
      to: pageOf(kind, name, vhost),
      kind,
    }))
  })
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-[rgb(8_14_11/0.5)]" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-50 w-[min(38rem,94vw)] -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-raised shadow-pop outline-none"
        >
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <Finder onClose={onClose} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Finder({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const { user } = useSession()
  const [word, setWord] = useState('')
  const [at, setAt] = useState(0)
  const asked = useDeferredValue(word.trim())
  const {
    data: objects = [],
    isPlaceholderData,
    isLoading,
  } = useQuery({
    queryKey: ['palette', asked],
    queryFn: ({ signal }) => findObjects(asked, signal),
    enabled: asked.length > 0,
    placeholderData: (old) => old,
  })
  const entries = useMemo(() => {
    const lower = asked.toLowerCase()
    const pages = sections
      .filter(({ group, role = 'management' }) => group !== null && hasRole(user, role))
      .filter(({ title, words = '' }) => `${title} ${words}`.toLowerCase().includes(lower))
      .map(({ title, path, group, key }) => ({
        key: path,
        title,
        note: key === undefined ? group! : `g ${key}`,
        to: path,
      }))
    return [...pages, ...(asked === '' ? [] : objects)] as Entry[]
  }, [asked, objects, user])
  const chosen = Math.min(at, entries.length - 1)
  useEffect(() => {
    document.getElementById(`found-${chosen}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const go = (entry: Entry | undefined): void => {
    if (entry === undefined) return
    onClose()
    navigate(entry.to)
  }
  // Enter may come before what was found for the last letter: it means that, and not what is still shown.
  const isShown = asked === word.trim() && (asked === '' || !(isPlaceholderData || isLoading))
  const [entered, setEntered] = useState(false)
  useEffect(() => {
    if (!entered || !isShown) return
    setEntered(false)
    go(entries[chosen])
  })
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, entries.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0))
    else if (event.key === 'Enter') setEntered(true)
    else return
    event.preventDefault()
  }
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search size={17} className="text-ink-3" aria-hidden="true" />
        <input
          className="h-12 flex-1 bg-transparent text-[1.071rem] outline-none placeholder:text-ink-3"
          placeholder="A page, queue, exchange, topic, group or connection"
          aria-label="Go to"
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={`found-${chosen}`}
          value={word}
          spellCheck={false}
          onKeyDown={onKey}
          onChange={(event) => {
            setWord(event.target.value)
            setAt(0)
            setEntered(false)
          }}
        />
      </div>
      <div id="found" role="listbox" aria-label="Found" className="max-h-[52vh] overflow-y-auto p-1.5">
        {entries.length === 0 && <p className="px-3 py-6 text-center text-ink-2">Nothing is called so.</p>}
        {entries.map((entry, i) => (
          <div
            key={entry.key}
            id={`found-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            onMouseMove={() => setAt(i)}
            onClick={() => go(entry)}
            onKeyDown={onKey}
            className="pop-item aria-selected:bg-accent-soft"
          >
            {entry.kind !== undefined && <KindPlate kind={entry.kind} />}
            <span className="min-w-0 truncate font-medium">{entry.title}</span>
            <span className="ml-auto shrink-0 pl-3 text-[0.929rem] text-ink-3">{entry.note}</span>
            {i === chosen && <CornerDownLeft size={14} className="shrink-0 text-ink-3" aria-hidden="true" />}
          </div>
        ))}
      </div>
    </>
  )
}
