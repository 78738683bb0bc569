import { adminOrderPage, listAllOrders } from '../../lib/admin/order-schemas.ts'
import { defineRoutes } from '../../lib/http/route.ts'

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
})
