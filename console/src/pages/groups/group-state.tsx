/** The state of a group, by Kafka's name for it. */
import { Lamp, type Tone } from '../../parts/badge.tsx'

const STATES: Readonly<Record<string, { tone: Tone; title: string }>> = {
  Stable: { tone: 'good', title: 'Every member knows its partitions' },
  Empty: { tone: 'neutral', title: 'No members; its offsets are kept' },
  PreparingRebalance: { tone: 'warn', title: 'Waits for all members to join anew' },
  CompletingRebalance: { tone: 'warn', title: 'Waits for its leader to share out the partitions' },
  Assigning: { tone: 'warn', title: 'Shares out the partitions' },
  Reconciling: { tone: 'warn', title: 'Members are giving up and taking over partitions' },
  Dead: { tone: 'danger', title: 'Gone' },
}

export function GroupState({ state }: { state: string }) {
  const { tone, title } = STATES[state] ?? { tone: 'neutral', title: state }
  return (
    <span title={title} className="inline-flex items-center gap-2 whitespace-nowrap">
      <Lamp tone={tone} />
      {state}
    </span>
  )
}
