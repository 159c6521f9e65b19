/** How far a search got, and the way to stop it or let it go on. */
import { Square } from 'lucide-react'
import { Button } from '../../parts/button.tsx'
import { humanBytes, plural } from '../../parts/format.ts'
import type { ReadingState } from './reading.ts'

interface ProgressProps {
  readonly state: ReadingState
  readonly isSearch: boolean
  readonly noun: string
  readonly onMore: () => void
  readonly onStop: () => void
}

export function Progress({ state, isSearch, noun, onMore, onStop }: ProgressProps) {
  const { status, messages, scanned } = state
  const found = plural(messages.length, isSearch ? 'match' : noun, isSearch ? 'matches' : `${noun}s`)
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2" role="status">
      <p className="text-ink-2">
        <span className="font-medium text-ink">{found}</span>
        {isSearch && ` in ${plural(scanned.messages, noun)} scanned, ${humanBytes(scanned.bytes)}`}
        {status === 'done' && (isSearch ? '; all were looked at' : ', all there are')}
        {status === 'paused' && isSearch && '; not at the end yet'}
      </p>
      {status === 'reading' ? (
        <>
          <span className="h-1 w-24 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
            <span className="skeleton block h-full w-full" />
          </span>
          <Button small icon={<Square size={13} />} onClick={onStop}>
            Stop
          </Button>
        </>
      ) : (
        status === 'paused' && (
          <Button small onClick={onMore}>
            {isSearch ? 'Continue the search' : 'More'}
          </Button>
        )
      )}
    </div>
  )
}
