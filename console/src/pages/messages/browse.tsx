/** A page of messages, the search over them, and what is done to those that are chosen. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { api } from '../../api/client.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { EmptyState, ErrorState, LoadingBlock } from '../../parts/states.tsx'
import { ActionBar } from './action-bar.tsx'
import { MessageDetail } from './message-detail.tsx'
import { MessageList } from './message-list.tsx'
import type { Source } from './messages-page.tsx'
import { Progress } from './progress.tsx'
import { Reading, type ReadingState } from './reading.ts'
import { SearchBar } from './search-bar.tsx'
import { isSearch, readingKey, type View } from './view.ts'

interface BrowseProps {
  readonly view: View
  readonly source: Source | undefined
  readonly show: (view: View, replace?: boolean) => void
}

export function Browse({ view, source, show }: BrowseProps) {
  const { state, more, stop, again } = useReading(view)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const isWide = useWide()
  const { messages } = state
  const open = messages.find(({ id }) => id === view.at) ?? null
  const key = readingKey(view)
  // biome-ignore lint/correctness/useExhaustiveDependencies: other messages, other choices
  useEffect(() => setChosen(new Set()), [key])
  const noun = view.kind === 'topic' ? 'record' : 'message'
  const detail = open !== null && (
    <MessageDetail key={open.id} view={view} message={open} onClose={() => show({ ...view, at: null })} />
  )
  const renew = (): void => {
    setChosen(new Set())
    again()
  }
  return (
    <div className="flex flex-col gap-4">
      <SearchBar
        key={key}
        view={view}
        source={source}
        onSearch={(next) => (readingKey(next) === key ? again() : show(next))}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Progress state={state} isSearch={isSearch(view)} noun={noun} onMore={more} onStop={stop} />
        <ActionBar view={view} source={source} messages={messages} chosen={chosen} onDone={renew} onRefresh={renew} />
      </div>
      {state.status === 'failed' && <ErrorState error={state.error} retry={more} />}
      {messages.length === 0 ? (
        <Nothing state={state} view={view} noun={noun} />
      ) : (
        <div className="flex min-w-0 items-start gap-4">
          <MessageList
            view={view}
            messages={messages}
            chosen={chosen}
            onChoose={setChosen}
            open={view.at}
            onOpen={(id) => show({ ...view, at: view.at === id ? null : id }, view.at !== null)}
          />
          {isWide && detail && (
            <aside
              aria-label="Message"
              className="sticky top-4 max-h-[calc(100dvh-2rem)] w-[min(36rem,46%)] shrink-0 overflow-y-auto rounded-lg border border-line bg-panel"
            >
              {detail}
            </aside>
          )}
        </div>
      )}
      {!isWide && (
        <Dialog
          open={open !== null}
          onClose={() => show({ ...view, at: null })}
          title={titleOf(view, open?.id ?? '')}
          wide
        >
          <div className="overflow-y-auto">{detail}</div>
        </Dialog>
      )}
    </div>
  )
}

const titleOf = ({ kind }: View, id: string): string => (kind === 'topic' ? `Record ${id}` : `Message ${id}`)

function Nothing({ state, view, noun }: { state: ReadingState; view: View; noun: string }) {
  if (state.status === 'failed') return null
  return (
    <div className="rounded-lg border border-line bg-panel">
      {state.status === 'reading' ? (
        <LoadingBlock lines={6} />
      ) : isSearch(view) ? (
        <EmptyState title={state.status === 'done' ? `No ${noun} is like that` : 'Nothing found so far'} />
      ) : (
        <EmptyState title={`No ${noun}s here`}>
          What was taken by consumers, or is older than what is kept, is gone.
        </EmptyState>
      )}
    </div>
  )
}

/** Reads from the start of a view as soon as it is another; what is under way for the last one ends. */
function useReading(view: View): { state: ReadingState; more: () => void; stop: () => void; again: () => void } {
  const [round, setRound] = useState(0)
  const key = readingKey(view)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is all of the view that matters here
  const reading = useMemo(() => new Reading(view, (target, signal) => api.get(target, {}, signal)), [key, round])
  useEffect(() => {
    void reading.more()
    return () => reading.stop()
  }, [reading])
  const state = useSyncExternalStore(reading.subscribe, reading.snapshot)
  return {
    state,
    more: () => void reading.more(),
    stop: () => reading.stop(),
    again: () => setRound((n) => n + 1),
  }
}

const wide = matchMedia('(min-width: 1024px)')

function useWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      wide.addEventListener('change', listener)
      return () => wide.removeEventListener('change', listener)
    },
    () => wide.matches,
  )
}
