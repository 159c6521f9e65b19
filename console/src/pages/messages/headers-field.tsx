/** Headers in a form: names, values, and what type each value has. */
import { Plus, X } from 'lucide-react'
import { Button, IconButton } from '../../parts/button.tsx'
import type { HeaderRow, ValueType } from './headers-form.ts'

const TYPES: readonly ValueType[] = ['string', 'number', 'boolean', 'json']

interface HeadersFieldProps {
  readonly rows: readonly HeaderRow[]
  readonly onChange: (rows: readonly HeaderRow[]) => void
  /** Topics' headers are text and nothing else. */
  readonly onlyText?: boolean
}

export function HeadersField({ rows, onChange, onlyText = false }: HeadersFieldProps) {
  const change = (at: number, part: Partial<HeaderRow>): void => {
    onChange(rows.map((row, i) => (i === at ? { ...row, ...part } : row)))
  }
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Headers</legend>
      <div className="flex flex-col gap-2">
        {rows.map(({ name, value, type }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are told apart by their place
          <div key={i} className="flex items-center gap-2">
            <input
              className="field min-w-0 font-mono"
              aria-label="Header name"
              placeholder="name"
              value={name}
              spellCheck={false}
              onChange={(event) => change(i, { name: event.target.value })}
            />
            {!onlyText && (
              <select
                className="field w-28! shrink-0"
                aria-label={`Type of ${name || 'the header'}`}
                value={type}
                onChange={(event) => change(i, { type: event.target.value as ValueType })}
              >
                {TYPES.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            )}
            <input
              className="field min-w-0 font-mono"
              aria-label={`Value of ${name || 'the header'}`}
              placeholder="value"
              value={value}
              spellCheck={false}
              onChange={(event) => change(i, { value: event.target.value })}
            />
            <IconButton
              label={`Remove ${name || 'the header'}`}
              onClick={() => onChange(rows.filter((_, at) => at !== i))}
            >
              <X size={16} />
            </IconButton>
          </div>
        ))}
        <div>
          <Button
            small
            icon={<Plus size={15} />}
            onClick={() => onChange([...rows, { name: '', value: '', type: 'string' }])}
          >
            Add header
          </Button>
        </div>
      </div>
    </fieldset>
  )
}
