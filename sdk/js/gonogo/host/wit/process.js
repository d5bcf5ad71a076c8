export { default } from 'gonogo:plugin/process@0.1.0';
