/** Settings for all queues, streams and exchanges whose names match a pattern, and limits of vhosts and users. */

import { Page } from '../../parts/page.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useSession } from '../../session/session.ts'
import { LimitsOverview } from './limits-overview.tsx'
import { PolicyList } from './policy-list.tsx'

export default function PoliciesPage() {
  const { may } = useSession()
  return (
    <Page
      title="Policies"
      lead={may('policymaker') ? undefined : 'To look at. Changing them needs the tag policymaker.'}
    >
      <Tabs
        tabs={[
          { id: 'policies', title: 'Policies', content: <PolicyList key="policies" kind="policies" /> },
          {
            id: 'operator',
            title: 'Operator policies',
            content: <PolicyList key="operator" kind="operator-policies" />,
          },
          { id: 'limits', title: 'Limits', content: <LimitsOverview /> },
        ]}
      />
    </Page>
  )
}
