/** What can be done to messages: moved, redriven, replayed. */
import { ArrowRightLeft, RefreshCw, Rewind, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../parts/button.tsx'
import { deathsOf } from './deaths.ts'
import type { Message } from './message.ts'
import type { Source } from './messages-page.tsx'
import { MoveDialog } from './move-dialog.tsx'
import { RedriveDialog } from './redrive-dialog.tsx'
import { ReplayDialog } from './replay-dialog.tsx'
import type { View } from './view.ts'

interface ActionBarProps {
  readonly view: View
  readonly source: Source | undefined
  readonly messages: readonly Message[]
  readonly chosen: ReadonlySet<string>
  readonly onDone: () => void
  readonly onRefresh: () => void
}

export function ActionBar({ view, source, messages, chosen, onDone, onRefresh }: ActionBarProps) {
  const [open, setOpen] = useState<'move' | 'redrive' | 'replay' | null>(null)
  const picked = messages.filter(({ id }) => chosen.has(id))
  const close = (): void => setOpen(null)
  const done = (): void => {
    close()
    onDone()
  }
  const hasDead = messages.some(({ headers }) => deathsOf(headers).length > 0)
  const count = picked.length === 0 ? '' : ` ${picked.length}`
  return (
    <div className="flex flex-wrap gap-2">
      <Button small icon={<RefreshCw size={14} />} onClick={onRefresh}>
        Reload
      </Button>
      {view.kind === 'topic' ? (
        <Button small icon={<Rewind size={14} />} onClick={() => setOpen('replay')}>
          Replay into a queue
        </Button>
      ) : (
        <>
          <Button
            small
            icon={<ArrowRightLeft size={14} />}
            disabled={messages.length === 0}
            onClick={() => setOpen('move')}
          >
            Move{count}
          </Button>
          {hasDead && (
            <Button small icon={<RotateCcw size={14} />} onClick={() => setOpen('redrive')}>
              Redrive{count}
            </Button>
          )}
        </>
      )}
      {open === 'move' && <MoveDialog view={view} picked={picked} onClose={close} onDone={done} />}
      {open === 'redrive' && <RedriveDialog view={view} picked={picked} onClose={close} onDone={done} />}
      {open === 'replay' && <ReplayDialog view={view} source={source} onClose={close} onDone={done} />}
    </div>
  )
}
