/** Definitions into the broker: a file is looked at, then imported, then it is said what was left out and why. */
import { FileUp, Upload } from 'lucide-react'
import { type DragEvent, useId, useState } from 'react'
import { api, path, reasonOf } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { SelectField } from '../../parts/form.tsx'
import { exactNumber, plural } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { useVhostNames } from '../../shell/vhost.ts'
import { type DefinitionsFile, readDefinitions } from './document.ts'
import { scopeChoices } from './scope.ts'

interface ImportReport {
  readonly applied: number
  readonly skipped: readonly string[]
}

type Outcome = ImportReport | 'all' | { readonly refused: string }

export function ImportPanel() {
  const vhosts = useVhostNames()
  const [vhost, setVhost] = useState('')
  const [file, setFile] = useState<DefinitionsFile | null>(null)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const bring = useChange((document: object) =>
    api.post<ImportReport | undefined>(vhost === '' ? '/definitions' : path`/definitions/${vhost}`, document),
  )
  const choose = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return
    setOutcome(null)
    setFile(null)
    try {
      setFile(await readDefinitions(chosen))
    } catch (error) {
      setOutcome({ refused: reasonOf(error) })
    }
  }
  const start = ({ document }: DefinitionsFile): void =>
    bring.mutate(document, {
      onSuccess: (report) => {
        setOutcome(report ?? 'all')
        setFile(null)
      },
      onError: (error) => setOutcome({ refused: reasonOf(error) }),
    })
  return (
    <Panel title="Import">
      <div className="flex flex-col gap-4">
        <SelectField
          label="Into"
          value={vhost}
          onChange={setVhost}
          choices={scopeChoices(vhosts)}
          help="What is there already stays; users, policies and parameters of the same name are replaced."
        />
        <DropField onFile={(chosen) => void choose(chosen)} />
        {file !== null && (
          <div className="flex flex-col gap-3 rounded-md bg-sunken p-3.5">
            <p className="font-semibold [overflow-wrap:anywhere]">
              {file.fileName}
              {file.origin !== null && <span className="ml-2 font-normal text-ink-2">of {file.origin}</span>}
            </p>
            <ul className="flex flex-wrap gap-1.5">
              {file.counts.map(([title, count]) => (
                <li key={title}>
                  <Badge>
                    {exactNumber(count)} {title}
                  </Badge>
                </li>
              ))}
            </ul>
            <div>
              <Button look="primary" icon={<Upload size={16} />} busy={bring.isPending} onClick={() => start(file)}>
                Import
              </Button>
            </div>
          </div>
        )}
        {outcome !== null && <Report outcome={outcome} />}
      </div>
    </Panel>
  )
}

function DropField({ onFile }: { onFile: (file: File | undefined) => void }) {
  const [over, setOver] = useState(false)
  const id = useId()
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    onFile(event.dataTransfer.files[0])
  }
  return (
    <label
      htmlFor={id}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={`flex cursor-pointer flex-col items-center gap-1.5 rounded-md border border-dashed px-4 py-7 text-center focus-within:border-accent hover:border-ink-3 ${over ? 'border-accent bg-accent-soft' : 'border-line-strong'}`}
    >
      <FileUp size={22} className="text-ink-3" aria-hidden="true" />
      <span className="font-medium">Choose a file of definitions</span>
      <span className="text-[0.929rem] text-ink-3">or drop it here: JSON, of RabbitMQ or of Signalbox</span>
      <input
        id={id}
        type="file"
        accept=".json,application/json"
        className="sr-only"
        onChange={(event) => {
          onFile(event.target.files?.[0])
          event.target.value = ''
        }}
      />
    </label>
  )
}

function Report({ outcome }: { outcome: Outcome }) {
  if (outcome === 'all') {
    return (
      <p role="status" className="rounded-md bg-accent-soft px-3.5 py-2.5 text-accent-strong">
        Imported. Nothing was left out.
      </p>
    )
  }
  if ('refused' in outcome) {
    return (
      <div role="alert" className="rounded-md bg-danger-soft px-3.5 py-2.5 text-danger">
        <p className="font-semibold">Nothing was imported.</p>
        <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{outcome.refused}</p>
      </div>
    )
  }
  const { applied, skipped } = outcome
  return (
    <div role="status" className="overflow-hidden rounded-md border border-line">
      <p className="bg-warn-soft px-3.5 py-2.5 text-warn">
        Imported {plural(applied, 'definition')}; {plural(skipped.length, 'thing')} left out:
      </p>
      <ul className="max-h-80 overflow-y-auto">
        {skipped.map((line) => (
          <li key={line} className="border-t border-line px-3.5 py-2 [overflow-wrap:anywhere]">
            {line}
          </li>
        ))}
      </ul>
    </div>
  )
}
