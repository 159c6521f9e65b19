/** Definitions out of the broker, as a file. */
import { Download } from 'lucide-react'
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { SelectField } from '../../parts/form.tsx'
import { Panel } from '../../parts/page.tsx'
import { useVhostNames } from '../../shell/vhost.ts'
import { saveFile } from './document.ts'
import { scopeChoices } from './scope.ts'

/** `signalbox-staging-2026-11-23.json` */
function fileName(vhost: string): string {
  const part = vhost === '' ? '' : `-${vhost.replace(/[^\w.-]+/g, '_')}`
  return `signalbox${part}-${new Date().toISOString().slice(0, 10)}.json`
}

export function ExportPanel() {
  const vhosts = useVhostNames()
  const [vhost, setVhost] = useState('')
  const name = fileName(vhost)
  const take = useChange(async () => {
    const document = await api.get<object>(vhost === '' ? '/definitions' : path`/definitions/${vhost}`)
    saveFile(name, `${JSON.stringify(document, null, 2)}\n`)
  }, `Saved ${name}`)
  return (
    <Panel title="Export">
      <div className="flex flex-col gap-4">
        <SelectField label="Of" value={vhost} onChange={setVhost} choices={scopeChoices(vhosts)} />
        <p className="text-[0.929rem] text-ink-3">
          {vhost === ''
            ? 'Holds users with the hashes of their passwords: keep the file as safe as a password. RabbitMQ imports it, too.'
            : 'Without users and permissions; can be imported into a vhost of any name.'}
        </p>
        <div>
          <Button
            look="primary"
            icon={<Download size={16} />}
            busy={take.isPending}
            onClick={() => take.mutate(undefined)}
          >
            Download
          </Button>
        </div>
      </div>
    </Panel>
  )
}
