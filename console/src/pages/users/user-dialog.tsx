/** Makes a user, or gives one other roles or another password. */
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { pageOf } from '../../links.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/form.tsx'
import { useSession } from '../../session/session.ts'
import { useDefaultVhost, useVhostNames } from '../../shell/vhost.ts'
import { isRole, ROLES, samePassword, type UserRow } from './user.ts'

const NOWHERE = ''

interface UserDialogProps {
  /** Null makes a new one. */
  readonly user: UserRow | null
  readonly onClose: () => void
}

export function UserDialog({ user, onClose }: UserDialogProps) {
  const navigate = useNavigate()
  const { user: self } = useSession()
  const standard = useDefaultVhost()
  const vhosts = useVhostNames()
  const [name, setName] = useState(user?.name ?? '')
  const [password, setPassword] = useState('')
  const [roles, setRoles] = useState<readonly string[]>(user?.tags.filter(isRole) ?? [])
  const [others, setOthers] = useState(user?.tags.filter((tag) => !isRole(tag)).join(', ') ?? '')
  const [chosen, setVhost] = useState<string | null>(null)
  const vhost = chosen ?? standard
  const save = useChange(
    async () => {
      const tags = [...roles, ...others.split(',').map((tag) => tag.trim())].filter((tag) => tag !== '')
      const secret = password !== '' ? { password } : user === null ? {} : samePassword(user)
      await api.put(path`/users/${name}`, { tags, ...secret })
      if (user === null && vhost !== NOWHERE) {
        await api.put(path`/permissions/${vhost}/${name}`, { configure: '.*', write: '.*', read: '.*' })
      }
    },
    user === null ? `Made ${name}` : `Changed ${name}`,
  )
  const locksOut = user?.name === self.name && !roles.includes('administrator')
  return (
    <FormDialog
      open
      onClose={onClose}
      title={user === null ? 'New user' : `Edit ${name}`}
      submit={user === null ? 'Make user' : 'Save'}
      busy={save.isPending}
      disabled={name === '' || (user === null && password === '')}
      onSubmit={() =>
        save.mutate(undefined, {
          onSuccess: () => {
            onClose()
            if (user === null) navigate(pageOf('user', name))
          },
        })
      }
    >
      {user === null && (
        <TextField label="Name" value={name} onChange={setName} mono autoFocus required autoComplete="off" />
      )}
      <TextField
        label={user === null ? 'Password' : 'New password'}
        optional={user !== null}
        {...(user !== null && { help: 'Left empty, the present one stays. Open connections stay open.' })}
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
      />
      <RolesField roles={roles} onChange={setRoles} />
      {locksOut && (
        <p role="alert" className="rounded-md bg-warn-soft px-3 py-2 text-warn">
          This is you: without administrator you cannot give it back to yourself.
        </p>
      )}
      <TextField
        label="Other tags"
        optional
        help="With commas between them. They mean nothing to the broker."
        value={others}
        onChange={setOthers}
      />
      {user === null && (
        <SelectField
          label="May do everything in"
          help="Can be narrowed to names and operations afterwards."
          value={vhost}
          onChange={setVhost}
          choices={[
            ...vhosts.map((one) => ({ value: one, label: `vhost ${one}` })),
            { value: NOWHERE, label: 'no vhost yet' },
          ]}
        />
      )}
    </FormDialog>
  )
}

function RolesField({ roles, onChange }: { roles: readonly string[]; onChange: (roles: readonly string[]) => void }) {
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Roles</legend>
      <p className="mb-2 text-[0.929rem] text-ink-3">
        For people and tools that look after the broker. A program that publishes and consumes needs none.
      </p>
      <div className="grid gap-2 sm:grid-cols-2">
        {ROLES.map(({ tag, title, text }) => (
          <label
            key={tag}
            className="flex cursor-pointer gap-2.5 rounded-md border border-line-strong bg-raised p-3 has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="checkbox"
              className="mt-0.5 size-4 shrink-0 accent-accent"
              checked={roles.includes(tag)}
              onChange={(event) =>
                onChange(event.target.checked ? [...roles, tag] : roles.filter((other) => other !== tag))
              }
            />
            <span>
              <span className="block font-semibold">{title}</span>
              <span className="block text-[0.929rem] text-ink-2">{text}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
