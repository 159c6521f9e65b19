/** What the memory of the process is for. */
import { humanBytes } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { type Memory, memoryParts } from './node.ts'

export function MemoryPanel({ memory }: { memory: Memory | undefined }) {
  if (memory === undefined) return null
  const parts = memoryParts(memory)
  const sum = parts.reduce((all, { bytes }) => all + bytes, 0)
  return (
    <Panel title="Memory" aside={<span className="text-ink-2">{humanBytes(memory.total.rss)} resident</span>}>
      <div aria-hidden="true" className="flex h-3 gap-px overflow-hidden rounded-sm bg-sunken">
        {parts.map(({ name, bytes }, i) => (
          <span key={name} style={{ width: `${(bytes / sum) * 100}%`, background: `var(--series-${i + 1})` }} />
        ))}
      </div>
      <dl className="mt-4 flex flex-col gap-2.5">
        {parts.map(({ name, title, text, bytes }, i) => (
          <div key={name} className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-baseline gap-x-2.5">
            <span className="size-2.5 rounded-xs" style={{ background: `var(--series-${i + 1})` }} aria-hidden="true" />
            <dt>
              <span className="font-medium">{title}</span>
              <span className="block text-[0.929rem] text-ink-3">{text}</span>
            </dt>
            <dd className="text-right font-semibold whitespace-nowrap">
              {humanBytes(bytes)}
              <span className="ml-2 inline-block w-9 font-normal text-ink-3">{Math.round((bytes / sum) * 100)} %</span>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}
