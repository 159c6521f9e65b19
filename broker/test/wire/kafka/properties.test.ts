import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { APIS } from '../../../src/wire/kafka/apis.ts'
import {
  encodeRequest,
  encodeResponse,
  readRequest,
  readRequestHeader,
  readResponse,
} from '../../../src/wire/kafka/codec.ts'
import { anyValues, completed } from './values.ts'

describe('random messages come back as they went', () => {
  for (const api of APIS) {
    it(api.name, () => {
      for (let version = api.versionMin; version <= api.versionMax; version++) {
        fc.assert(
          fc.property(anyValues(api.request.fields, version), (request) => {
            const message = Buffer.concat(encodeRequest(api, version, 1, null, request).parts).subarray(4)
            const { bodyPos } = readRequestHeader(message)
            const decoded = readRequest(api, version, message, bodyPos)
            assert.deepEqual(decoded, completed(api.request.fields, version, request))
          }),
          { numRuns: 20 },
        )
        fc.assert(
          fc.property(anyValues(api.response.fields, version), (response) => {
            const message = Buffer.concat(encodeResponse(api, version, 1, response).parts).subarray(4)
            const decoded = readResponse(api, version, message).response
            assert.deepEqual(decoded, completed(api.response.fields, version, response))
          }),
          { numRuns: 20 },
        )
      }
    })
  }
})
