/** The fields of a schema: name, type, whether it must be there, what it is; those of its parts fold open below. */
import { innerOf, type OpenApi, type Parameter, resolved, type Schema, typeText } from './openapi.ts'
import { Prose } from './prose.tsx'

/** Deeper than this only names are said. */
const DEPTH = 3

interface FieldsProps {
  readonly api: OpenApi
  readonly schema: Schema
  /** Of a body that is sent: which of them must be there is said. */
  readonly sent: boolean
  readonly depth?: number
}

export function Fields({ api, schema, sent, depth = 0 }: FieldsProps) {
  const inner = innerOf(api, schema)
  if (inner === null) return <Plain api={api} schema={schema} />
  const { properties = {}, required = [] } = inner
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {Object.entries(properties).map(([name, field]) => {
        const below = depth < DEPTH ? innerOf(api, field) : null
        return (
          <li key={name} className="px-3 py-2">
            <Line
              name={name}
              type={typeText(api, field)}
              required={sent && required.includes(name)}
              description={field.description ?? resolved(api, field).description}
            />
            {below !== null && (
              <details className="mt-1.5">
                <summary className="cursor-pointer text-[0.929rem] text-ink-2">
                  its {Object.keys(below.properties ?? {}).length} fields
                </summary>
                <div className="mt-1.5">
                  <Fields api={api} schema={below} sent={sent} depth={depth + 1} />
                </div>
              </details>
            )}
          </li>
        )
      })}
    </ul>
  )
}

function Plain({ api, schema }: { api: OpenApi; schema: Schema }) {
  return <p className="text-ink-2">{typeText(api, schema)}</p>
}

export function Parameters({ api, parameters }: { api: OpenApi; parameters: readonly Parameter[] }) {
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {parameters.map(({ name, required = false, description, schema = {}, in: place }) => (
        <li key={`${place} ${name}`} className="px-3 py-2">
          <Line
            name={name}
            type={place === 'header' ? `header, ${typeText(api, schema)}` : typeText(api, schema)}
            required={required && place !== 'path'}
            description={description}
          />
        </li>
      ))}
    </ul>
  )
}

interface LineProps {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly description: string | undefined
}

function Line({ name, type, required, description }: LineProps) {
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-2.5">
        <code className="font-semibold [overflow-wrap:anywhere]">{name}</code>
        <span className="text-[0.929rem] text-ink-3">{type}</span>
        {required && <span className="text-[0.857rem] font-medium text-warn">required</span>}
      </p>
      {description !== undefined && (
        <p className="text-[0.929rem] text-ink-2">
          <Prose text={description} />
        </p>
      )}
    </>
  )
}
