/** The messaging API to read for everybody: who writes programs for it need not be somebody who uses the console. */
import { Page } from '../../parts/page.tsx'
import { Mark } from '../../shell/mark.tsx'
import { ApiReference } from './api-reference.tsx'

export default function PublicDocs() {
  return (
    <>
      <header className="sticky top-0 z-30 flex h-13 items-center justify-between gap-4 border-b border-line bg-paper/92 px-4 backdrop-blur-sm md:px-8">
        <a href="/" className="flex items-center gap-2.5 text-[1.143rem] font-semibold tracking-tight">
          <Mark size={26} />
          Signalbox
        </a>
        <a href="/" className="link">
          Log in to the console
        </a>
      </header>
      <main>
        <Page title="HTTP API">
          <ApiReference user="USER" />
        </Page>
      </main>
    </>
  )
}
