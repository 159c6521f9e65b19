/** DescribeCluster: the one broker, at the address by which the client reached it. */
import { describeCluster } from '../wire/kafka/messages/describe-cluster.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { authorizedOperations, OPERATIONS_UNASKED } from './authorized-operations.ts'
import { handler } from './handler.ts'
import { type Refused, refused } from './refusals.ts'

const BROKERS = 1
const CONTROLLERS = 2

function wrongEndpoint(type: number): Refused {
  if (type !== CONTROLLERS) return refused('unsupported-endpoint-type', `Unsupported endpoint type ${type}`)
  const text = 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
  return refused('mismatched-endpoint-type', text)
}

export const describeClusterHandler = handler(describeCluster, (request, call) => {
  const { endpointType } = request
  if (endpointType !== BROKERS) {
    call.respond({ ...wrongEndpoint(endpointType), endpointType: BROKERS })
    return
  }
  const { nodeId, clusterId } = call.context
  const { host, port } = call.advertised
  let operations = OPERATIONS_UNASKED
  if (request.includeClusterAuthorizedOperations) {
    const may = call.may('describe', 'cluster', CLUSTER_NAME)
    operations = may ? authorizedOperations(call, 'cluster', CLUSTER_NAME) : 0
  }
  call.respond({
    endpointType,
    clusterId,
    controllerId: nodeId,
    brokers: [{ brokerId: nodeId, host, port }],
    clusterAuthorizedOperations: operations,
  })
})
