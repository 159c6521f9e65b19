/** How data becomes a body, and a body data. */

export interface Codec {
  readonly contentType: string
  encode(data: unknown): Buffer
  /** @throws if the body is not of this codec */
  decode(body: Buffer): unknown
}

/** The default. `undefined` is an empty body. */
export const json: Codec = {
  contentType: 'application/json',
  encode(data) {
    const text = JSON.stringify(data)
    return text === undefined ? Buffer.alloc(0) : Buffer.from(text)
  },
  decode(body) {
    return body.length === 0 ? undefined : JSON.parse(body.toString())
  },
}
