/** Makes or changes a policy, and shows beside it what it would apply to now. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { SelectField, TextField, typedValue } from '../../parts/form.tsx'
import { useDefaultVhost, useVhostNames } from '../../shell/vhost.ts'
import { DefinitionField } from './definition-field.tsx'
import { PatternPreview } from './pattern-preview.tsx'
import { APPLY_TO, type PolicyKind, type PolicyRow } from './policy.ts'
import { policyKey } from './policy-keys.ts'

interface PolicyDialogProps {
  readonly kind: PolicyKind
  readonly noun: string
  /** Null makes a new one. */
  readonly policy: PolicyRow | null
  readonly onClose: () => void
}

/** Texts stay texts where the setting is one, `-1` becomes a number where it is not. */
function definitionOf(values: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    [...values].map(([name, value]) => {
      const kind = policyKey(name)?.kind
      if (kind === 'number') return [name, value.trim() === '' ? value : Number(value)]
      return [name, kind === undefined ? typedValue(value) : value]
    }),
  )
}

export function PolicyDialog({ kind, noun, policy, onClose }: PolicyDialogProps) {
  const standard = useDefaultVhost()
  const vhosts = useVhostNames()
  const [chosen, setVhost] = useState(policy?.vhost ?? null)
  const vhost = chosen ?? standard
  const [name, setName] = useState(policy?.name ?? '')
  const [pattern, setPattern] = useState(policy?.pattern ?? '^')
  const [applyTo, setApplyTo] = useState(policy?.['apply-to'] ?? (kind === 'policies' ? 'all' : 'queues'))
  const [priority, setPriority] = useState(String(policy?.priority ?? 0))
  const [values, setValues] = useState<ReadonlyMap<string, string>>(
    () => new Map(Object.entries(policy?.definition ?? {}).map(([key, value]) => [key, String(value)])),
  )
  const save = useChange(
    () =>
      api.put(`/${kind}${path`/${vhost}/${name}`}`, {
        pattern,
        'apply-to': applyTo,
        priority: Number(priority),
        definition: definitionOf(values),
      }),
    `${policy === null ? 'Made' : 'Changed'} ${name}`,
  )
  const incomplete = [...values.values()].some((value) => value === '')
  return (
    <FormDialog
      open
      wide
      onClose={onClose}
      title={policy === null ? `New ${noun}` : `Edit ${name}`}
      submit={policy === null ? `Make ${noun}` : 'Save'}
      busy={save.isPending}
      disabled={name === '' || values.size === 0 || incomplete}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      <div className="grid gap-x-6 gap-y-4 md:grid-cols-[minmax(0,1fr)_17rem]">
        <div className="flex flex-col gap-4">
          {policy === null && (
            <div className="grid gap-4 sm:grid-cols-[1fr_10rem]">
              <TextField label="Name" value={name} onChange={setName} mono autoFocus required />
              <SelectField
                label="Vhost"
                value={vhost}
                onChange={setVhost}
                choices={vhosts.includes(vhost) ? vhosts : [vhost, ...vhosts]}
              />
            </div>
          )}
          <TextField
            label="Pattern"
            help="A regular expression; it may match anywhere in the name unless ^ and $ hold it."
            value={pattern}
            onChange={setPattern}
            mono
          />
          <div className="grid gap-4 sm:grid-cols-[1fr_10rem]">
            <SelectField
              label="Applies to"
              value={applyTo}
              onChange={setApplyTo}
              choices={Object.entries(APPLY_TO).map(([value, label]) => ({ value, label }))}
            />
            <TextField
              label="Priority"
              help="The highest wins."
              type="number"
              value={priority}
              onChange={setPriority}
              required
            />
          </div>
          <DefinitionField operator={kind === 'operator-policies'} values={values} onChange={setValues} />
        </div>
        <PatternPreview
          kind={kind}
          vhost={vhost}
          name={name}
          pattern={pattern}
          applyTo={applyTo}
          priority={Number(priority)}
          keys={[...values.keys()]}
        />
      </div>
    </FormDialog>
  )
}
