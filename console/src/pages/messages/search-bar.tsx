/** Where to begin, and what to look for. The address changes with the form. */
import { Search, X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import type { Source } from './messages-page.tsx'
import { isSearch, type Start, type View } from './view.ts'

interface SearchBarProps {
  readonly view: View
  readonly source: Source | undefined
  readonly onSearch: (view: View) => void
}

export function SearchBar({ view, source, onSearch }: SearchBarProps) {
  const [kind, setKind] = useState(view.start.kind)
  const [place, setPlace] = useState(view.start.kind === 'place' ? view.start.place : '')
  const [time, setTime] = useState(view.start.kind === 'time' ? localTime(view.start.time) : '')
  const [partition, setPartition] = useState(view.partition === null ? '' : String(view.partition))
  const [key, setKey] = useState(view.key)
  const [header, setHeader] = useState(view.header)
  const [text, setText] = useState(view.text)
  const isTopic = view.kind === 'topic'
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const start = startOf(kind, place, time)
    onSearch({ ...view, start, partition: partition === '' ? null : Number(partition), key, header, text, at: null })
  }
  const clear = (): void => {
    for (const set of [setKey, setHeader, setText, setPlace, setTime, setPartition]) set('')
    setKind('first')
    onSearch({ ...view, start: { kind: 'first' }, partition: null, key: '', header: '', text: '', at: null })
  }
  const isChanged = isSearch(view) || view.start.kind !== 'first' || view.partition !== null
  return (
    <form
      onSubmit={submit}
      aria-label="Search"
      className="grid grid-cols-2 items-start gap-3 rounded-lg border border-line bg-panel p-4 md:grid-cols-[repeat(auto-fit,minmax(8.5rem,1fr))]"
    >
      {isTopic && (
        <SelectField
          label="Partition"
          value={partition}
          onChange={setPartition}
          choices={[{ value: '', label: 'all' }, ...(source?.partition_list ?? []).map((one) => String(one.partition))]}
        />
      )}
      <SelectField
        label="Begin at"
        value={kind}
        onChange={(value) => setKind(value as Start['kind'])}
        choices={[
          { value: 'first', label: 'the oldest' },
          ...(isTopic ? [{ value: 'last', label: 'the newest' }] : []),
          { value: 'place', label: isTopic ? 'offset' : 'place' },
          { value: 'time', label: 'time' },
        ]}
      />
      {kind === 'place' && (
        <TextField label={isTopic ? 'Offset' : 'Place'} type="number" min={0} value={place} onChange={setPlace} />
      )}
      {kind === 'time' && <TextField label="Time" type="datetime-local" value={time} onChange={setTime} />}
      <TextField label={isTopic ? 'Key' : 'Routing key'} type="search" mono value={key} onChange={setKey} />
      <TextField
        label="Header"
        type="search"
        mono
        value={header}
        onChange={setHeader}
        placeholder="name or name=value"
      />
      <TextField label="Text in the body" type="search" value={text} onChange={setText} />
      <div className="col-span-2 flex gap-2 self-end md:col-span-1">
        <Button type="submit" look="primary" icon={<Search size={15} />} className="flex-1">
          Look
        </Button>
        {isChanged && (
          <Button onClick={clear} icon={<X size={15} />} look="quiet">
            Clear
          </Button>
        )}
      </div>
    </form>
  )
}

function startOf(kind: Start['kind'], place: string, time: string): Start {
  if (kind === 'place' && /^\d+$/.test(place)) return { kind, place }
  if (kind === 'last') return { kind }
  const at = kind === 'time' ? new Date(time).getTime() : Number.NaN
  return Number.isNaN(at) ? { kind: 'first' } : { kind: 'time', time: at }
}

/** As the field for local times wants it. */
function localTime(at: number): string {
  const date = new Date(at)
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
