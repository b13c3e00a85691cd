// @boundaries-ignore shared build settings live at the root
import base, { writeContract } from '../../tsup.base.ts'

export default { ...base, onSuccess: writeContract }
