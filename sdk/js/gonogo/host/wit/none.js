// Outside of a component there is no contract to call: host/case.js never does.
export default {};
