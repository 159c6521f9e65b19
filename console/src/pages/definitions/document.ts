/** A file of definitions, RabbitMQ's or ours, as far as it is shown before it is imported. */

const SECTIONS: Readonly<Record<string, string>> = {
  users: 'users',
  vhosts: 'vhosts',
  permissions: 'permissions',
  topic_permissions: 'topic permissions',
  policies: 'policies',
  parameters: 'parameters',
  global_parameters: 'global parameters',
  queues: 'queues',
  exchanges: 'exchanges',
  bindings: 'bindings',
  topics: 'topics',
}

export interface DefinitionsFile {
  readonly fileName: string
  readonly document: object
  /** What made it, if it says so. */
  readonly origin: string | null
  /** How many of what, only of what it has. */
  readonly counts: readonly (readonly [title: string, count: number])[]
}

/** @throws Error saying what is wrong with it */
export async function readDefinitions(file: File): Promise<DefinitionsFile> {
  let document: unknown
  try {
    document = JSON.parse(await file.text())
  } catch (error) {
    throw new Error(`${file.name} is no JSON: ${(error as Error).message}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Error(`${file.name} holds no definitions: they are a JSON object.`)
  }
  const given = document as Readonly<Record<string, unknown>>
  const counts = Object.entries(SECTIONS).flatMap(([name, title]) => {
    const list = given[name]
    return Array.isArray(list) && list.length > 0 ? [[title, list.length] as const] : []
  })
  if (counts.length === 0) throw new Error(`${file.name} holds no definitions.`)
  const { product_name: product = 'RabbitMQ', rabbitmq_version: version, product_version: own } = given
  const origin = version === undefined && own === undefined ? null : `${product} ${own ?? version}`
  return { fileName: file.name, document, origin, counts }
}

/** Hands a text to the reader as a file. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
