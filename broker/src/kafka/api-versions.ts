/**
 * ApiVersions (KIP-35, KIP-511, KIP-584): what is served here in which versions, and which features of the cluster are on.
 * Clients choose by it how they speak: transaction version 2 lets them leave AddPartitionsToTxn out (KIP-890).
 */
import { apiVersions } from '../wire/kafka/messages/api-versions.ts'
import type { Api, ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'

/** Versions from none up to what Kafka 4 has, all of it on. The level of the metadata is that of Kafka 4.3. */
const FEATURES = [
  { name: 'group.version', min: 0, max: 1 },
  { name: 'metadata.version', min: 7, max: 30 },
  { name: 'transaction.version', min: 0, max: 2 },
]

/** KIP-511. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/

export const apiVersionsHandler = handler(apiVersions, (request, call) => {
  const { session, version, context } = call
  if (version >= 3) {
    const { clientSoftwareName, clientSoftwareVersion } = request
    if (!SOFTWARE.test(clientSoftwareName) || !SOFTWARE.test(clientSoftwareVersion)) {
      call.respond({ errorCode: errorCode('invalid-request') })
      return
    }
    session.softwareName = clientSoftwareName
    session.softwareVersion = clientSoftwareVersion
  }
  call.respond({
    apiKeys: Array.from(context.handlers.values(), ({ api }) => rangeOf(api)).sort((a, b) => a.apiKey - b.apiKey),
    // Version 3 cannot say that a feature begins at nothing (KAFKA-17011), and leaves those out.
    supportedFeatures: FEATURES.filter(({ min }) => min > 0 || version >= 4).map(({ name, min, max }) => ({
      name,
      minVersion: min,
      maxVersion: max,
    })),
    finalizedFeaturesEpoch: 0,
    finalizedFeatures: FEATURES.map(({ name, max }) => ({ name, minVersionLevel: max, maxVersionLevel: max })),
  })
})

/** The answer, in version 0, to a version of ApiVersions that is not known here. */
export function refuseVersion(api: Api): ResponseOf<typeof apiVersions> {
  return { errorCode: errorCode('unsupported-version'), apiKeys: [rangeOf(api)] }
}

function rangeOf({ key, advertisedFrom, versionMax }: Api) {
  return { apiKey: key, minVersion: advertisedFrom, maxVersion: versionMax }
}
