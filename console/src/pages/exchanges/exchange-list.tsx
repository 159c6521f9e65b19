import { Page } from '../../parts/page.tsx'

export default function ExchangesPage() {
  return <Page title="Exchanges">{null}</Page>
}
