/** JSON whose parts fold. Long lists show their beginning until asked for more. */
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useState } from 'react'

/** Entries of one object or list that are shown at once. */
const SHOWN = 100
/** Deeper than this, parts begin folded. */
const OPEN_DEPTH = 3

export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className="overflow-x-auto p-3 font-mono text-[0.929rem] leading-6">
      <Part name={null} value={value} depth={0} isLast />
    </div>
  )
}

interface PartProps {
  readonly name: string | null
  readonly value: unknown
  readonly depth: number
  readonly isLast: boolean
}

function Part({ name, value, depth, isLast }: PartProps) {
  const isList = Array.isArray(value)
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : null
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH && (entries?.length ?? 0) <= SHOWN)
  const [shown, setShown] = useState(SHOWN)
  const end = isLast ? '' : ','
  if (entries === null || entries.length === 0) {
    return (
      <div className="pl-5 [overflow-wrap:anywhere]">
        <Name name={name} />
        <Scalar value={value} />
        <span className="text-ink-3">{end}</span>
      </div>
    )
  }
  const [first, last] = isList ? '[]' : '{}'
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center rounded-sm text-left hover:bg-raised"
      >
        <span className="flex w-5 shrink-0 text-ink-3">
          {isOpen ? <ChevronDown size={14} aria-hidden="true" /> : <ChevronRight size={14} aria-hidden="true" />}
        </span>
        <span>
          <Name name={name} />
          <span className="text-ink-3">
            {isOpen ? first : `${first} ${entries.length} ${isList ? 'items' : 'fields'} ${last}${end}`}
          </span>
        </span>
      </button>
      {isOpen && (
        <>
          <div className="ml-[0.6rem] border-l border-line pl-2">
            {entries.slice(0, shown).map(([key, child], i) => (
              <Part
                key={key}
                name={isList ? null : key}
                value={child}
                depth={depth + 1}
                isLast={i === entries.length - 1}
              />
            ))}
            {entries.length > shown && (
              <button type="button" className="link pl-5" onClick={() => setShown(shown + 10 * SHOWN)}>
                {entries.length - shown} more
              </button>
            )}
          </div>
          <div className="pl-5 text-ink-3">
            {last}
            {end}
          </div>
        </>
      )}
    </div>
  )
}

function Name({ name }: { name: string | null }) {
  if (name === null) return null
  return (
    <>
      <span className="text-ink">{JSON.stringify(name)}</span>
      <span className="text-ink-3">: </span>
    </>
  )
}

function Scalar({ value }: { value: unknown }) {
  const colour = typeof value === 'string' ? 'text-accent' : typeof value === 'number' ? 'text-warn' : 'text-info'
  return <span className={colour}>{JSON.stringify(value)}</span>
}
