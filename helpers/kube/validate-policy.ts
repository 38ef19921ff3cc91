import { isObject, type Violation } from './checks.ts';
import { validateAdminPolicy, type AdminValidation } from './validate-admin.ts';
import { isAdminKind } from './policy-kinds.ts';
import { validateNetworkPolicy } from './validate.ts';

/** Whether a document says that it is a policy of an admin tier. */
export const claimsAdminKind = (value: unknown): boolean => isObject(value) && isAdminKind(value['kind']);

/** Everything for which an API server rejects a policy; what is of no admin kind is taken for a NetworkPolicy. */
export const validatePolicy = (value: unknown, options: AdminValidation = {}): Violation[] =>
  claimsAdminKind(value) ? validateAdminPolicy(value, options) : validateNetworkPolicy(value);
