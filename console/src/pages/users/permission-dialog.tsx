/** What a user may touch in a vhost: three patterns of names, or one of the usual sets of them. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import { useVhostNames } from '../../shell/vhost.ts'
import type { Holder } from './permissions-panel.tsx'
import { type PermissionRow, PRESETS, type Preset, presetOf } from './user.ts'

interface PermissionDialogProps {
  readonly holder: Holder
  /** Null gives one. */
  readonly permission: PermissionRow | null
  /** Vhosts or users that have one. */
  readonly taken: readonly string[]
  readonly onClose: () => void
}

type Patterns = Pick<PermissionRow, 'configure' | 'write' | 'read'>

const FIELDS: readonly { readonly key: keyof Patterns; readonly title: string; readonly help: string }[] = [
  { key: 'configure', title: 'Configure', help: 'Queues and exchanges it may declare and delete.' },
  { key: 'write', title: 'Write', help: 'Exchanges it may publish to; what it may bind, and dead-letter to.' },
  { key: 'read', title: 'Read', help: 'Queues it may consume from and purge; exchanges it may bind to.' },
]

/** The users or vhosts that can be chosen. */
function useOthers({ of }: Holder): string[] {
  const vhosts = useVhostNames()
  const users = useGet<{ name: string }[]>(of === 'vhost' ? '/users' : null, {}, { poll: false })
  return of === 'user' ? vhosts : (users.data ?? []).map(({ name }) => name)
}

export function PermissionDialog({ holder, permission, taken, onClose }: PermissionDialogProps) {
  const others = useOthers(holder).filter((name) => !taken.includes(name))
  const [chosen, setOther] = useState<string | null>(null)
  const other = permission?.[holder.of === 'user' ? 'vhost' : 'user'] ?? chosen ?? others[0] ?? ''
  const [patterns, setPatterns] = useState<Patterns>(permission ?? PRESETS[0])
  const [user, vhost] = holder.of === 'user' ? [holder.name, other] : [other, holder.name]
  const save = useChange(() => {
    const { configure, write, read } = patterns
    return api.put(path`/permissions/${vhost}/${user}`, { configure, write, read })
  }, `Permissions of ${user} in ${vhost} set`)
  return (
    <FormDialog
      open
      onClose={onClose}
      title={permission === null ? `Permissions of ${holder.name}` : `Permissions of ${user} in ${vhost}`}
      submit="Set permissions"
      busy={save.isPending}
      disabled={other === ''}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      {permission === null && (
        <SelectField
          label={holder.of === 'user' ? 'Vhost' : 'User'}
          value={other}
          onChange={setOther}
          choices={others}
          {...(others.length === 0 && { help: 'All have permissions already.' })}
        />
      )}
      <Presets current={presetOf(patterns)} onChoose={setPatterns} />
      <div className="grid gap-4">
        {FIELDS.map(({ key, title, help }) => (
          <TextField
            key={key}
            label={title}
            help={help}
            placeholder="nothing"
            value={patterns[key]}
            onChange={(value) => setPatterns({ ...patterns, [key]: value })}
            mono
          />
        ))}
      </div>
      <p className="text-[0.929rem] text-ink-3">
        Regular expressions of names that may match anywhere: <code>^billing\.</code> is all that begins with
        “billing.”, <code>.*</code> is everything, and empty is nothing.
      </p>
    </FormDialog>
  )
}

function Presets({ current, onChoose }: { current: Preset | null; onChoose: (preset: Preset) => void }) {
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="sr-only">Usual permissions</legend>
      {PRESETS.map((preset) => (
        <button
          key={preset.title}
          type="button"
          title={preset.text}
          aria-pressed={preset === current}
          onClick={() => onChoose(preset)}
          className="rounded-full border border-line-strong px-3 py-1 font-medium text-ink-2 hover:border-ink-3 hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
        >
          {preset.title}
        </button>
      ))}
    </fieldset>
  )
}
