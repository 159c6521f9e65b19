/** What a policy sets: settings one by one, each with what it does. */
import { Plus, X } from 'lucide-react'
import { useId } from 'react'
import { Badge } from '../../parts/badge.tsx'
import { IconButton } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import { POLICY_KEYS, type PolicyKey, policyKey, type Target } from './policy-keys.ts'

const GROUPS: readonly PolicyKey['group'][] = ['Limits', 'Dead letters', 'Delivery', 'Streams and topics', 'Exchanges']

const TARGETS: Readonly<Record<Target, string>> = {
  classic: 'classic',
  quorum: 'quorum',
  stream: 'streams',
  exchange: 'exchanges',
}

interface DefinitionFieldProps {
  readonly operator: boolean
  readonly values: ReadonlyMap<string, string>
  readonly onChange: (values: ReadonlyMap<string, string>) => void
}

export function DefinitionField({ operator, values, onChange }: DefinitionFieldProps) {
  const put = (name: string, value: string): void => onChange(new Map([...values, [name, value]]))
  const remove = (name: string): void => onChange(new Map([...values].filter(([other]) => other !== name)))
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Settings</legend>
      <ul className="flex flex-col gap-2.5">
        {[...values].map(([name, value]) => (
          <li key={name} className="flex items-start gap-1 rounded-md border border-line bg-raised p-3">
            <div className="min-w-0 flex-1">
              <Setting name={name} value={value} onChange={(value) => put(name, value)} />
            </div>
            <IconButton label={`Remove ${name}`} onClick={() => remove(name)}>
              <X size={16} />
            </IconButton>
          </li>
        ))}
      </ul>
      <AddSetting operator={operator} set={values} onAdd={(key) => put(key.name, key.choices?.[0] ?? '')} />
    </fieldset>
  )
}

function Setting({ name, value, onChange }: { name: string; value: string; onChange: (value: string) => void }) {
  const known = policyKey(name)
  if (known === undefined) return <TextField label={name} value={value} onChange={onChange} mono />
  const { title, kind, text, choices = [] } = known
  const help = (
    <>
      {text} <code>{name}</code>{' '}
      {known.for.map((target) => (
        <span key={target} className="mr-1 inline-block">
          <Badge>{TARGETS[target]}</Badge>
        </span>
      ))}
    </>
  )
  if (kind === 'choice') {
    return <SelectField label={title} help={help} value={value} onChange={onChange} choices={choices} />
  }
  return (
    <TextField
      label={title}
      help={help}
      value={value}
      onChange={onChange}
      type={kind === 'number' ? 'number' : 'text'}
      mono={kind === 'text'}
      autoFocus={value === ''}
    />
  )
}

/** The settings that are not there yet. */
function AddSetting(props: { operator: boolean; set: ReadonlyMap<string, string>; onAdd: (key: PolicyKey) => void }) {
  const { operator, set, onAdd } = props
  const id = useId()
  const left = POLICY_KEYS.filter((key) => !set.has(key.name) && (key.operator || !operator))
  if (left.length === 0) return null
  return (
    <div className="relative mt-2.5">
      <Plus
        size={15}
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3"
        aria-hidden="true"
      />
      <label htmlFor={id} className="sr-only">
        Add a setting
      </label>
      <select
        id={id}
        className="field pl-8!"
        value=""
        onChange={(event) => {
          const key = policyKey(event.target.value)
          if (key !== undefined) onAdd(key)
        }}
      >
        <option value="">Add a setting</option>
        {GROUPS.map((group) => {
          const inside = left.filter((key) => key.group === group)
          return (
            inside.length > 0 && (
              <optgroup key={group} label={group}>
                {inside.map(({ name, title }) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
              </optgroup>
            )
          )
        })}
      </select>
    </div>
  )
}
