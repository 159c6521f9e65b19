/** DescribeCluster: the one broker, at the address by which the client reached it. */
import { describeCluster } from '../wire/kafka/messages/describe-cluster.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { authorizedOperations, OPERATIONS_UNASKED } from './authorized-operations.ts'
import { handler } from './handler.ts'
import { refused } from './refusals.ts'

const BROKERS = 1
const CONTROLLERS = 2

export const describeClusterHandler = handler(describeCluster, (request, call) => {
  const { endpointType } = request
  if (endpointType !== BROKERS) {
    const error = endpointType === CONTROLLERS ? 'mismatched-endpoint-type' : 'unsupported-endpoint-type'
    call.respond({ ...refused(error), endpointType: BROKERS })
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
