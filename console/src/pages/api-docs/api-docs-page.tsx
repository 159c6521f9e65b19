/** The messaging API to read, for somebody who is logged in. */
import { Page } from '../../parts/page.tsx'
import { useSession } from '../../session/session.ts'
import { ApiReference } from './api-reference.tsx'

export default function ApiDocsPage() {
  const { user } = useSession()
  return (
    <Page title="HTTP API">
      <ApiReference user={user.name} />
    </Page>
  )
}
