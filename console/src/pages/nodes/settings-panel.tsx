/** The settings in effect, whichever of file, environment and command line they came from. */
import type { ReactNode } from 'react'
import { useGet } from '../../api/queries.ts'
import { exactNumber, humanBytes } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { Answered } from '../../parts/states.tsx'
import { NoValue } from '../../parts/values.tsx'

type Settings = Readonly<Record<string, string | number | boolean | null>>

const TITLES: Readonly<Record<string, string>> = {
  durability: 'A publish is confirmed when',
  maxMessageSize: 'Largest message',
  memoryBytesMax: 'Memory alarm at',
  diskFreeBytesMin: 'Disk alarm below',
  frameMax: 'Largest AMQP frame',
  channelMax: 'Channels on a connection',
  heartbeat: 'Heartbeat',
  defaultUser: 'First user',
  tlsCert: 'Certificate',
}

const BYTES = new Set(['maxMessageSize', 'memoryBytesMax', 'diskFreeBytesMin', 'frameMax'])

const DURABILITY: Readonly<Record<string, string>> = {
  synced: 'it is on the disk',
  written: 'the system has it',
}

function shown(name: string, value: Settings[string]): ReactNode {
  if (value === null || value === '') return <NoValue />
  if (BYTES.has(name) && typeof value === 'number') {
    return <span title={`${exactNumber(value)} bytes`}>{humanBytes(value)}</span>
  }
  if (name === 'durability') return `${DURABILITY[String(value)] ?? ''} (${value})`
  if (name === 'heartbeat') return `each ${value} s`
  return String(value)
}

export function SettingsPanel() {
  const query = useGet<Settings>('/config/effective', {}, { poll: false })
  return (
    <Panel title="Settings in effect">
      <Answered query={query}>
        {(settings) => (
          <dl className="flex flex-col gap-2">
            {Object.entries(TITLES)
              .filter(([name]) => name in settings)
              .map(([name, title]) => (
                <div key={name} className="flex flex-wrap justify-between gap-x-4">
                  <dt className="text-ink-2">{title}</dt>
                  <dd className="font-medium [overflow-wrap:anywhere]">{shown(name, settings[name])}</dd>
                </div>
              ))}
          </dl>
        )}
      </Answered>
    </Panel>
  )
}
