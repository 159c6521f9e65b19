/** The lag over time: of the whole group, and of each partition. */
import { useState } from 'react'
import { humanNumber } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { type Group, lagLines, lagPoints } from './group.ts'

type By = 'partition' | 'group'

export function GroupLag({ group }: { group: Group }) {
  const [by, setBy] = useState<By>('partition')
  const lines = lagLines(group.offsets)
  const whole = [{ label: 'all partitions', points: lagPoints(group.lag_samples), area: true }]
  return (
    <Panel
      title="Lag"
      aside={
        <div className="flex rounded-md border border-line-strong bg-raised p-0.5">
          {(['partition', 'group'] as const).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={by === one}
              onClick={() => setBy(one)}
              className="rounded-sm px-2.5 py-0.5 text-[0.929rem] font-medium text-ink-2 hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
            >
              {one === 'partition' ? 'By partition' : 'In all'}
            </button>
          ))}
        </div>
      }
    >
      <TimeChart
        title={by === 'partition' ? 'Records behind, by partition' : 'Records behind'}
        format={humanNumber}
        height={220}
        series={by === 'partition' ? lines : whole}
      />
    </Panel>
  )
}
