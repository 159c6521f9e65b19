/** Fields of forms: each with its label, a line of help, and what is wrong with it. */
import { Plus, X } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { Button, IconButton } from './button.tsx'

interface FieldProps {
  readonly label: string
  readonly help?: ReactNode
  readonly error?: string | null
  readonly optional?: boolean
}

/** Label, help and error around a control, which is told its id. */
export function Field(props: FieldProps & { children: (attributes: Record<string, string | boolean>) => ReactNode }) {
  const { label, help, error, optional, children } = props
  const id = useId()
  const described = `${id}-help`
  const attributes: Record<string, string | boolean> = { id }
  if (help !== undefined || error) attributes['aria-describedby'] = described
  if (error) attributes['aria-invalid'] = true
  return (
    <div>
      <label htmlFor={id} className="mb-1 flex items-baseline gap-2 font-medium">
        {label}
        {optional && <span className="text-[0.857rem] font-normal text-ink-3">optional</span>}
      </label>
      {children(attributes)}
      {(help !== undefined || error) && (
        <p id={described} className={`mt-1 text-[0.929rem] ${error ? 'text-danger' : 'text-ink-3'}`}>
          {error || help}
        </p>
      )}
    </div>
  )
}

interface TextFieldProps extends FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly type?: 'text' | 'password' | 'number' | 'datetime-local' | 'search'
  readonly placeholder?: string
  readonly mono?: boolean
  readonly autoFocus?: boolean
  readonly autoComplete?: string
  readonly name?: string
  readonly required?: boolean
  readonly min?: number
  /** Offered while it is typed. */
  readonly suggestions?: readonly string[]
}

export function TextField(props: TextFieldProps) {
  const { value, onChange, type = 'text', placeholder, mono, autoFocus, autoComplete = 'off', name, ...rest } = props
  const { suggestions } = rest
  return (
    <Field {...rest}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            className={`field ${mono ? 'font-mono' : ''}`}
            type={type}
            name={name}
            value={value}
            placeholder={placeholder}
            autoComplete={autoComplete}
            // biome-ignore lint/a11y/noAutofocus: the first field of a dialog that was just asked for
            autoFocus={autoFocus}
            required={rest.required}
            min={rest.min}
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
            list={suggestions && `${attributes.id}-list`}
          />
          {suggestions && <Suggestions id={`${attributes.id}-list`} all={suggestions} />}
        </>
      )}
    </Field>
  )
}

function Suggestions({ id, all }: { id: string; all: readonly string[] }) {
  return (
    <datalist id={id}>
      {all.map((one) => (
        <option key={one} value={one} />
      ))}
    </datalist>
  )
}

export function TextArea(props: FieldProps & { value: string; onChange: (value: string) => void; rows?: number }) {
  const { value, onChange, rows = 6, ...rest } = props
  return (
    <Field {...rest}>
      {(attributes) => (
        <textarea
          {...attributes}
          className="field resize-y font-mono"
          rows={rows}
          value={value}
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

export interface Choice {
  readonly value: string
  readonly label: string
}

export function SelectField(
  props: FieldProps & { value: string; onChange: (value: string) => void; choices: readonly (Choice | string)[] },
) {
  const { value, onChange, choices, ...rest } = props
  return (
    <Field {...rest}>
      {(attributes) => (
        <select {...attributes} className="field" value={value} onChange={(event) => onChange(event.target.value)}>
          {choices.map((choice) => {
            const { value, label } = typeof choice === 'string' ? { value: choice, label: choice } : choice
            return (
              <option key={value} value={value}>
                {label}
              </option>
            )
          })}
        </select>
      )}
    </Field>
  )
}

export function CheckField(props: {
  label: string
  help?: ReactNode
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
}) {
  const { label, help, checked, disabled, onChange } = props
  return (
    <label className={`flex items-start gap-2.5 ${disabled ? 'opacity-60' : ''}`}>
      <input
        type="checkbox"
        className="mt-0.5 size-4.5 shrink-0 accent-accent"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        <span className="font-medium">{label}</span>
        {help !== undefined && <span className="block text-[0.929rem] text-ink-3">{help}</span>}
      </span>
    </label>
  )
}

export type Pair = readonly [name: string, value: string]

/** Names and values, as many as wanted. `typedPairs` makes an object of them. */
export function PairsField(props: {
  label: string
  help?: ReactNode
  pairs: readonly Pair[]
  onChange: (pairs: readonly Pair[]) => void
  /** Offered while a name is typed. */
  names?: readonly string[]
  add?: string
}) {
  const { label, help, pairs, onChange, names = [], add = 'Add' } = props
  const id = useId()
  const change = (at: number, pair: Pair): void => onChange(pairs.map((old, i) => (i === at ? pair : old)))
  return (
    <fieldset>
      <legend className="mb-1 font-medium">{label}</legend>
      {help !== undefined && <p className="mb-2 text-[0.929rem] text-ink-3">{help}</p>}
      <div className="flex flex-col gap-2">
        {pairs.map(([name, value], i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are told apart by their place
          <div key={i} className="flex items-center gap-2">
            <input
              className="field font-mono"
              aria-label="Name"
              placeholder="name"
              list={id}
              value={name}
              spellCheck={false}
              onChange={(event) => change(i, [event.target.value, value])}
            />
            <input
              className="field font-mono"
              aria-label="Value"
              placeholder="value"
              value={value}
              spellCheck={false}
              onChange={(event) => change(i, [name, event.target.value])}
            />
            <IconButton label="Remove" onClick={() => onChange(pairs.filter((_, at) => at !== i))}>
              <X size={16} />
            </IconButton>
          </div>
        ))}
        <div>
          <Button small icon={<Plus size={15} />} onClick={() => onChange([...pairs, ['', '']])}>
            {add}
          </Button>
        </div>
      </div>
      <Suggestions id={id} all={names} />
    </fieldset>
  )
}

/** Numbers, true and false, and JSON objects and lists as such; all else, and what stands in quotes, as text. */
export function typedValue(text: string): unknown {
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && Number.isSafeInteger(Math.trunc(Number(text)))) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^["{[]/.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
}

export function typedPairs(pairs: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(pairs.filter(([name]) => name !== '').map(([name, value]) => [name, typedValue(value)]))
}

/** As `typedPairs` takes them: texts that it would read as something else stand in quotes. */
export function untypedPairs(all: Readonly<Record<string, unknown>>): Pair[] {
  return Object.entries(all).map(([name, value]) => {
    const bare = typeof value === 'string' && typedValue(value) === value
    return [name, bare ? value : JSON.stringify(value)]
  })
}
