import type { Context } from 'aws-lambda'
import { createOperatorService, operatorRequest } from '../../lib/admin/operator-service.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'

const operators = createOperatorService({ sql: connect(databaseSettings()) })

/** Invoked by operators alone, who need no account: `npm run ops`. */
export const handler = async (event: unknown, { awsRequestId }: Pick<Context, 'awsRequestId'>) => {
  const request = operatorRequest.parse(event)
  return request.action === 'grant-role'
    ? operators.grantRole(request, awsRequestId)
    : operators.redoAnalytics(request)
}
