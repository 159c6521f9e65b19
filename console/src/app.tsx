/** The routes: those of all sections inside the frame, behind the login. */
import { QueryClientProvider } from '@tanstack/react-query'
import { Tooltip } from 'radix-ui'
import { createBrowserRouter, isRouteErrorResponse, RouterProvider, useRouteError } from 'react-router'
import { queryClient } from './api/queries.ts'
import { Button, LinkButton } from './parts/button.tsx'
import { Page } from './parts/page.tsx'
import { EmptyState, LoadingBlock } from './parts/states.tsx'
import { Toasts } from './parts/toasts.tsx'
import { type Section, sections } from './sections.ts'
import { Gate } from './session/gate.tsx'
import { useSession } from './session/session.ts'
import { Layout } from './shell/layout.tsx'

const router = createBrowserRouter([
  {
    element: <Layout />,
    errorElement: <Failed />,
    hydrateFallbackElement: <LoadingBlock />,
    children: [
      {
        errorElement: <Failed />,
        children: [
          ...sections.flatMap((section) =>
            section.pages.map(({ path, load }) => ({
              path,
              lazy: async () => {
                const { default: Content } = await load()
                return { element: <ForRole section={section} page={<Content />} /> }
              },
            })),
          ),
          { path: '*', element: <Missing /> },
        ],
      },
    ],
  },
])

function ForRole({ section, page }: { section: Section; page: React.ReactNode }) {
  const { may } = useSession()
  const { role = 'management', title } = section
  if (may(role)) return page
  return (
    <Page title={title}>
      <EmptyState title={`For users with the tag ${role}`} action={<LinkButton to="/">Overview</LinkButton>} />
    </Page>
  )
}

function Missing() {
  return (
    <Page title="No page has this address">
      <EmptyState title="Nothing is here" action={<LinkButton to="/">Overview</LinkButton>}>
        Press Ctrl and K to find what you look for by its name.
      </EmptyState>
    </Page>
  )
}

/** A page that failed, or a part of the console that is gone since the broker was updated. */
function Failed() {
  const error = useRouteError()
  const text = isRouteErrorResponse(error) ? error.statusText : error instanceof Error ? error.message : String(error)
  return (
    <EmptyState
      title="This page failed"
      action={
        <Button look="primary" onClick={() => location.reload()}>
          Load it again
        </Button>
      }
    >
      <span role="alert">{text}</span>
    </EmptyState>
  )
}

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider delayDuration={300}>
        <Gate>
          <RouterProvider router={router} />
        </Gate>
        <Toasts />
      </Tooltip.Provider>
    </QueryClientProvider>
  )
}
