/** What is asked of a PostgreSQL driver, as `pg` has it; nothing here depends on one. */

/** Anything that runs a statement inside the caller's transaction: a client of `pg`, or an adapter of three lines. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<unknown>
}

export interface Rows {
  // biome-ignore lint/suspicious/noExplicitAny: its columns are the statement's
  readonly rows: any[]
  readonly rowCount: number | null
}

/** One connection, taken out of a pool. */
export interface Connection {
  query(text: string, values?: unknown[]): Promise<Rows>
  on(event: 'notification', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'notification', listener: () => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  /** With an error, the connection is closed and not used again. */
  release(error?: Error): void
}

/** A `pg.Pool`. */
export interface Pool {
  readonly options?: { readonly max?: number }
  connect(): Promise<Connection>
}

/**
 * Runs `task` on a connection of its own, which is closed after if it was lost or the task failed.
 * @param lost called at once when the connection goes while the task runs
 */
export async function onConnection<T>(
  pool: Pool,
  task: (connection: Connection) => Promise<T>,
  lost: (error: Error) => void = () => {},
): Promise<T> {
  const connection = await pool.connect()
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure = error
    lost(error)
  }
  connection.on('error', fail)
  try {
    return await task(connection)
  } catch (error) {
    failure ??= error as Error
    throw error
  } finally {
    connection.removeListener('error', fail)
    connection.release(failure)
  }
}

/**
 * Runs `task` in a transaction, which a failure rolls back.
 * @param lost called at once when the connection goes while the task runs
 */
export async function inTransaction<T>(
  pool: Pool,
  task: (connection: Connection) => Promise<T>,
  { begin = 'BEGIN', lost }: { begin?: string; lost?: (error: Error) => void } = {},
): Promise<T> {
  const outcome = await onConnection(
    pool,
    async (connection) => {
      await connection.query(begin)
      try {
        const value = await task(connection)
        await connection.query('COMMIT')
        return { value }
      } catch (error) {
        // Where not even this works, the connection is closed, which does it.
        await connection.query('ROLLBACK')
        return { error }
      }
    },
    lost,
  )
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** @throws TypeError if PostgreSQL would cut the names that are made of it */
export function tableName(schema: string, table: string): string {
  if (Buffer.byteLength(table) > 40) throw new TypeError(`the name of a table here has 40 bytes at most: ${table}`)
  return `${quoted(schema)}.${quoted(table)}`
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
