/** All consumers of AMQP. */
import { path } from '../../api/client.ts'
import { Page, Panel } from '../../parts/page.tsx'
import { useVhost } from '../../shell/vhost.ts'
import { ConsumerTable } from './consumer-table.tsx'

export default function ConsumerList() {
  const [vhost] = useVhost()
  return (
    <Page title="Consumers">
      <Panel flush>
        <ConsumerTable
          id="consumers"
          path={vhost === null ? '/consumers' : path`/consumers/${vhost}`}
          oneVhost={vhost !== null}
        />
      </Panel>
    </Page>
  )
}
