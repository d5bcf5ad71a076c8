export { default } from 'gonogo:plugin/system@0.1.0';
