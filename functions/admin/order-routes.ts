import { adminOrderPage, listAllOrders, orderEntryPage, orderParams } from '../../lib/admin/order-schemas.ts'
import { defineRoutes, pageQuery } from '../../lib/http/route.ts'

export const adminOrderRoutes = defineRoutes({
  listAllOrders: {
    method: 'GET',
    path: '/api/v1/admin/orders',
    auth: 'user',
    policy: { permission: 'operations', reach: 'any', limit: 'read', step_up: false },
    summary: 'List the orders of everybody, newest first; people go by id, username or address',
    query: listAllOrders,
    status: 200,
    response: adminOrderPage,
    problems: ['invalid_request'],
  },
  listOrderEntries: {
    method: 'GET',
    path: '/api/v1/admin/orders/{order_id}/ledger',
    auth: 'user',
    policy: { permission: 'operations', reach: 'any', limit: 'read', step_up: false },
    summary: 'List what an order has moved in every account, movement by movement; each comes to nothing',
    params: orderParams,
    query: pageQuery,
    status: 200,
    response: orderEntryPage,
    problems: ['not_found', 'invalid_request'],
  },
})
