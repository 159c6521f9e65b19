// The configuration of topics, brokers and groups, and where each value comes from.

import { array, boolean, int8, int16, int32, string } from '../field.ts'
import { api } from '../schema.ts'

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullable: 0 }),
    }),
    includeSynonyms: boolean({ since: 1 }),
    includeDocumentation: boolean({ since: 3 }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: 0 }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: 0 }),
        readOnly: boolean(),
        isDefault: boolean({ until: 0 }),
        configSource: int8({ since: 1, default: -1 }),
        isSensitive: boolean(),
        synonyms: array(
          {
            name: string(),
            value: string({ nullable: 0 }),
            source: int8(),
          },
          { since: 1 },
        ),
        configType: int8({ since: 3 }),
        documentation: string({ since: 3, nullable: 0 }),
      }),
    }),
  },
})
