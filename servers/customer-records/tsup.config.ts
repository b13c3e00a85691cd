// @boundaries-ignore shared build settings live at the root
export { default } from '../../tsup.base.ts'
