/** How a connection or a channel is doing. */
import { Lamp } from '../../parts/badge.tsx'
import { CONNECTION_STATES } from './connection.ts'

export function ConnectionState({ state = 'running' }: { state?: string | undefined }) {
  const { tone, text } = CONNECTION_STATES[state] ?? { tone: 'neutral', text: '' }
  return (
    <span title={text} className="inline-flex items-center gap-2 whitespace-nowrap">
      <Lamp tone={tone} />
      {state}
    </span>
  )
}
