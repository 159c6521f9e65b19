/** All channels: what is open on the connections, and what of it is under way. */
import { path } from '../../api/client.ts'
import { Page, Panel } from '../../parts/page.tsx'
import { useSession } from '../../session/session.ts'
import { useVhost } from '../../shell/vhost.ts'
import { ChannelTable } from './channel-table.tsx'

export default function ChannelList() {
  const [vhost] = useVhost()
  const { may } = useSession()
  return (
    <Page title="Channels" lead={may('monitoring') ? undefined : 'Those of your own user.'}>
      <Panel flush>
        <ChannelTable
          id="channels"
          path={vhost === null ? '/channels' : path`/vhosts/${vhost}/channels`}
          oneVhost={vhost !== null}
        />
      </Panel>
    </Page>
  )
}
