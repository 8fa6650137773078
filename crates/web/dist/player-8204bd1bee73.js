var e=class extends HTMLElement{};customElements.define("stage-player",e);
