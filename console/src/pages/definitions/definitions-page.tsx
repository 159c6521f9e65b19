/** All that is defined, out of the broker and into it, in RabbitMQ's JSON. */
import { Page } from '../../parts/page.tsx'
import { ExportPanel } from './export-panel.tsx'
import { ImportPanel } from './import-panel.tsx'

export default function DefinitionsPage() {
  return (
    <Page
      title="Definitions"
      lead="Users, vhosts, permissions, policies, queues, exchanges and bindings, without the messages: to keep, to compare, and to move from RabbitMQ and back."
    >
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <ExportPanel />
        <ImportPanel />
      </div>
    </Page>
  )
}
