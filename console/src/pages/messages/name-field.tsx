/** The name of a queue or an exchange, offered while it is typed; the broker searches. */
import { useDeferredValue, useId } from 'react'
import { useGet } from '../../api/queries.ts'
import { Field } from '../../parts/form.tsx'

interface NameFieldProps {
  readonly label: string
  readonly help?: string
  readonly kind: 'queue' | 'exchange'
  readonly vhost: string
  readonly value: string
  readonly onChange: (value: string) => void
}

export function NameField({ label, help, kind, vhost, value, onChange }: NameFieldProps) {
  const names = useId()
  const find = useDeferredValue(value)
  const rows = useGet<{ items: { name: string }[] }>(
    `/${kind}s/${encodeURIComponent(vhost)}`,
    { page: 1, page_size: 20, name: find, columns: 'name' },
    { poll: false },
  )
  return (
    <Field label={label} {...(help === undefined ? {} : { help })}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            className="field font-mono"
            list={names}
            value={value}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={names}>
            {(rows.data?.items ?? []).map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  )
}
