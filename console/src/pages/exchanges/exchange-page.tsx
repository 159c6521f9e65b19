import { Page } from '../../parts/page.tsx'

export default function ExchangePage() {
  return <Page title="Exchange">{null}</Page>
}
