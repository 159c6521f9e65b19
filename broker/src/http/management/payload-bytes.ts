/** Bodies that come in JSON. */
import { badRequest } from '../answers.ts'

/** @throws HttpError 400 */
export function payloadBytes(payload: string, encoding: 'string' | 'base64'): Buffer {
  if (encoding === 'string') return Buffer.from(payload)
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(payload)) throw badRequest('payload is not base64')
  return Buffer.from(payload, 'base64')
}
