/** Why the partitions of a group were shared out anew the last times. */
import { HeartOff, LogIn, LogOut, RefreshCw } from 'lucide-react'
import { absoluteTime } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Time } from '../../parts/values.tsx'
import type { Group } from './group.ts'

/** By the broker's words for what happened. */
const SIGNS = [
  { words: /not heard of|timed out|in time|expired|fenced/, Icon: HeartOff, look: 'text-danger' },
  { words: /\bleft\b|is gone/, Icon: LogOut, look: 'text-warn' },
  { words: /joined|came back/, Icon: LogIn, look: 'text-accent' },
] as const

/** A client's name, and what it was given to tell members apart. */
const MEMBER_ID = /\b([\w.-]*?)-?([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g

export function RebalancesPanel({ group: { rebalances } }: { group: Group }) {
  return (
    <Panel title="Rebalances" aside={rebalances.length > 0 && <span className="text-ink-3">newest first</span>}>
      {rebalances.length === 0 ? (
        <EmptyState title="None since the broker started">
          A rebalance happens when members come, leave or fall silent, and when topics change.
        </EmptyState>
      ) : (
        <ol className="-my-1 flex max-h-72 flex-col overflow-y-auto">
          {rebalances.map(({ at, reason }, i) => {
            const { Icon, look } = SIGNS.find(({ words }) => words.test(reason)) ?? {
              Icon: RefreshCw,
              look: 'text-info',
            }
            return (
              <li
                // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
                key={i}
                className="relative flex gap-3 pb-4 before:absolute before:top-7 before:bottom-0 before:left-[13px] before:w-px before:bg-line-strong last:pb-0 last:before:hidden"
              >
                <span
                  className={`mt-0.5 grid size-7 shrink-0 place-items-center rounded-full border border-line-strong bg-raised ${look}`}
                >
                  <Icon size={14} aria-hidden="true" />
                </span>
                <span className="min-w-0">
                  <span className="block [overflow-wrap:anywhere]" title={reason}>
                    {reason.replace(MEMBER_ID, (_, client, id) => (client === '' ? `${id}…` : `${client} (${id}…)`))}
                  </span>
                  <span className="block text-[0.929rem] text-ink-3" title={absoluteTime(at)}>
                    <Time at={at} />
                  </span>
                </span>
              </li>
            )
          })}
        </ol>
      )}
    </Panel>
  )
}
