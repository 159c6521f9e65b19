/** Why something cannot be done to a group: who is active in it. */
import { CircleAlert } from 'lucide-react'
import { plural } from '../../parts/format.ts'
import type { Group } from './group.ts'

const SHOWN = 6

export function ActiveMembers({ group: { members, state }, what }: { group: Group; what: string }) {
  return (
    <div className="flex flex-col gap-3 overflow-y-auto px-5 py-4">
      <p className="flex items-start gap-2.5 rounded-md bg-warn-soft px-3 py-2 text-warn">
        <CircleAlert size={17} className="mt-0.5 shrink-0" aria-hidden="true" />
        <span>
          {what} only while it has no members, or they would go on from where they are. It has{' '}
          {plural(members.length, 'member')} and is {state}. Stop {members.length === 1 ? 'it' : 'them'} first; this
          window notices.
        </span>
      </p>
      <ul className="flex flex-col divide-y divide-line rounded-md border border-line">
        {members.slice(0, SHOWN).map(({ member_id, client_id, host, assignment }) => (
          <li key={member_id} className="flex flex-wrap items-baseline justify-between gap-x-4 px-3 py-2">
            <span className="font-medium [overflow-wrap:anywhere]">{client_id || member_id}</span>
            <span className="text-ink-2">
              {host}, {plural(assignment.length, 'partition')}
            </span>
          </li>
        ))}
      </ul>
      {members.length > SHOWN && <p className="text-ink-3">and {members.length - SHOWN} more</p>}
    </div>
  )
}
