export class StagePlayer extends HTMLElement {}
