/** Output that waits for its reader: what is acknowledged after it was printed has been printed. */

/** Resolves when the system has taken it. */
export function printed(chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}
